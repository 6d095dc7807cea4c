"""One file per version of the database, each named after what it brings."""
