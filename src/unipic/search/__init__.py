"""Search: the query language, what it asks of the library, and the order of what is found."""
