"""The server of a listening test: takes the messages of its pages, and keeps them in SQLite."""
