"""Finish what was begun: a cancelled loop still waits for the step that it is in.

Without this, shutdown could cut a step between its send and its commit.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def unbroken(step: Coroutine[Any, Any, T]) -> T:
    """Await a step to its end even when the caller is cancelled meanwhile; then let the cancellation through."""
    task = asyncio.ensure_future(step)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise
