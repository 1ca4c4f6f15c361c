"""prices: an async task that fails now and then, and the listener that hears of it."""
