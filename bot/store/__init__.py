"""Rows: the only memory Anlin has."""
