"""What goes over the wire, as it was: a relay before the mock, another host, and the exchanges read from both."""
