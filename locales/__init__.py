"""The catalogues: what residents and staff read, one folder per language, and the tool that keeps them complete."""
