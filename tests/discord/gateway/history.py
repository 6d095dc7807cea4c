"""Makes the simulated Discord page forwards as the real one does.

With `after`, Discord returns the messages that follow most closely (Discord reference, "Get Channel Messages");
SimCord 3.2.1 returns the newest of all, so whoever reads on from the last one would skip what lies between.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from simcord.http import router

TEMPLATE = ["channels", "{channel_id}", "messages"]
EVERYTHING = 10**6


@contextmanager
def paging_forwards() -> Iterator[None]:
    """Correct the route for the time of the block."""
    routes = router._ROUTES["GET"]
    index = next(number for number, (template, _) in enumerate(routes) if template == TEMPLATE)
    template, original = routes[index]

    def history(ctx: Any) -> Any:
        if "after" not in ctx.params:
            return original(ctx)
        limit = int(ctx.params.get("limit", 50))
        ctx.params = {**ctx.params, "limit": EVERYTHING}
        return original(ctx)[-limit:]

    routes[index] = (template, history)
    try:
        yield
    finally:
        routes[index] = (template, original)
