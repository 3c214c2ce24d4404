"""The room of residents: registering, whose phone is whose, and leaving."""
