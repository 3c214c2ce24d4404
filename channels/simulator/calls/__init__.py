"""Telephone calls of the carrier in a box: phones that ring the service, and phones that the service rings."""
