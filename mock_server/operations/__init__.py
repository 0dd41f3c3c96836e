"""What create, query, retrieve, download and the calls about files do, each in one readable function, without any web framework."""
