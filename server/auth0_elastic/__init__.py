"""Auth0 logs in Elasticsearch: receive → authenticate → parse → spool → ship → pipeline → data stream."""

__version__ = "0.1.0"
