"""The desk: the pages that staff work from."""
