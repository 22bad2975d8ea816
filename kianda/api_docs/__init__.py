"""What describes the product: the OpenAPI document and the reference pages."""
