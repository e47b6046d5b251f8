//! Files that are not read.

use crate::code::codes;

codes! {
    NOT_A_REGULAR_FILE = Warning "not-a-regular-file", "a link, pipe or device among the documents",
        "Documents are regular files. A symbolic link is not followed, not even inside of the repository: \
         it could lead to a file that holds secrets, and excerpts of documents are printed. The file is left \
         out; put its content in its place.";
    FILE_OUTSIDE = Warning "file-outside", "a document outside of the repository",
        "A repository's own settings name only files and directories of the repository. What is elsewhere is \
         left out; name it with `--include`, or in your own `config.toml`.";
    TOO_MANY_FILES = Warning "too-many-files", "more documents than any project has",
        "At most 10,000 documents and 64 MiB are read in all, from directories of at most 100,000 files and 64 \
         levels. What comes after is left out. Name the directory that holds the documents with `--include`.";
    UNREADABLE_FILE = Warning "unreadable-file", "a document that cannot be read",
        "The system does not let you read the file or directory, so it is left out. The message says why.";
}
