"""Serving: the WSGI server, in a thread of this process."""
