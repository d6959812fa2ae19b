"""The listener: receive → authenticate → parse → spool. It answers 2xx only when the spool has what it received."""
