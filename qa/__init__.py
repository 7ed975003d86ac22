"""Articles in, cited answers out; knows no HTTP framework."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qa.home import open_home
    from qa.types import Filters, Query

__all__ = ["Filters", "Query", "open_home"]

_WHERE = {"open_home": "qa.home", "Filters": "qa.types", "Query": "qa.types"}


def __getattr__(name: str) -> Any:
    """Return what is imported from here: only now, for what answers takes a second to import."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_WHERE[name]), name)
