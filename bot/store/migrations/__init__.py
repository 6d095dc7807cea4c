"""The one migration history of both databases, in `versions/`; it never reads `bot.store.tables`, which moves on."""
