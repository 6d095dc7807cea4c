"""Aftercare, the bot: the pure core, the services around it, and the rooms that touch the world."""
