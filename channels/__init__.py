"""Channels: one file per platform behind one contract, and a carrier in a box to try them on."""
