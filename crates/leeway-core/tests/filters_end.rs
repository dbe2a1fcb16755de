//! Whatever a filter and what it is given are: reading and running it ends soon, in bounded memory, on the stack
//! that any thread has. In a process of its own, so that its memory can be read.

mod filters {
    mod bombs;
    mod entries;
    mod generated;
    pub mod plain;
}
