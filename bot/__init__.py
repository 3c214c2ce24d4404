"""The conversation and everything that keeps it."""
