"""HTTP and the page over the engine of `qa`."""
