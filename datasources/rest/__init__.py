"""REST: the document of a datasource, from a method and inputs to a request. Pure."""
