"""LocalStack without Docker: see README.md for which module does what."""
