"""Places as residents say them: reading their words, and finding the building in the estate register."""
