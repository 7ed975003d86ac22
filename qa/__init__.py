"""Articles in, cited answers out; knows no HTTP framework."""
