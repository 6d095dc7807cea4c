"""Everything durable, over SQLite or PostgreSQL, behind the ports of `bot.core`; the only room that imports sqlalchemy.

Keeps no text and no name of a member.
"""

from bot.store.schema import DatabaseReport, inspect_database
from bot.store.sql_store import SqlStore, open_store

__all__ = ["DatabaseReport", "SqlStore", "inspect_database", "open_store"]
