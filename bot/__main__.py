"""`python -m bot` and the `anlin` command."""

from bot.console.main import main

if __name__ == "__main__":
    main()
