//! Files that are not read.

use crate::code::codes;

codes! {
    NOT_A_REGULAR_FILE = Warning "not-a-regular-file", "a document that is a link, pipe or device",
        "Documents are regular files. cirun follows no symbolic link, not even within the repository: it could lead to \
         a file with secrets, and cirun prints excerpts of documents. The file is skipped; replace the link with the \
         content.";
    FILE_OUTSIDE = Warning "file-outside", "a document outside the repository",
        "A repository's own settings can only name files and directories in the repository. Others are skipped; name \
         them with `--include`, or in your own `config.toml`.";
    TOO_MANY_FILES = Warning "too-many-files", "too many documents",
        "At most 10,000 documents and 64 MiB are read in all, from directories of at most 100,000 files and 64 levels. \
         The rest is skipped. Name the directory with the documents by `--include`.";
    UNREADABLE_FILE = Warning "unreadable-file", "a document that cannot be read",
        "The system does not let you read the file or directory, so it is skipped. The message has the reason.";
}
