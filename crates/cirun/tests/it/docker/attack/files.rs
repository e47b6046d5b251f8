//! Files: links, devices and trees that lead out of the repository or the workspace.
