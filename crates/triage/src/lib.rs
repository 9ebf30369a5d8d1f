//! The scan-review request: what is in scope, what is to be answered, and the package to send.
