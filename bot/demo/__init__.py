"""The simulated community: the real bot in a Discord that exists only in this process. Needs the `demo` extra.

Nothing here is imported by the bot that serves a community.
"""

from bot.demo.play import play_script
from bot.demo.preview import open_demo

__all__ = ["open_demo", "play_script"]
