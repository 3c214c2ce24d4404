"""The messenger of the box: the part of the Telegram Bot API that the service uses, and the accounts that talk to its bot."""
