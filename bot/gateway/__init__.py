"""The room that talks to Discord: translates what happens there, does what the services ask, and decides nothing."""
