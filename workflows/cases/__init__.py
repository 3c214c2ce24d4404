"""Cases: what residents report, what we promised them, and how it ends."""
