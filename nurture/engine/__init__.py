"""The engine: one function that moves everything forward, and the processes that call it."""

from nurture.engine.tick import Ticked, tick

__all__ = ["Ticked", "tick"]
