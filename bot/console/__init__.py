"""The `anlin` command: thin, it reads and gives commands like the desk."""
