"""Auth0's Management API: tokens, rate limits, retries, and the two resources this product uses."""
