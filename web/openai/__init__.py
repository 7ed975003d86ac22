"""Requests of OpenAI's API to questions, and answers to what its clients read."""
