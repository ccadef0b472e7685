"""Keeps the display right: the last good picture, the news, and what people tapped."""
