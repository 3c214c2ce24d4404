"""A phone carrier in a box: it speaks Twilio's part of the conversation on loopback, and no text leaves the machine."""
