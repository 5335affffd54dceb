# Applies the packaged template as a stack and changes nothing. Needs build/packaged.yaml (docs/deploying.md).
terraform {
  required_version = ">= 1.5"
  required_providers { aws = { source = "hashicorp/aws", version = ">= 5.0" } }
}

variable "stack" {
  type    = string
  default = "timeseries-cache"
}

variable "api_key" {
  description = "The key that clients of the API send: 20 to 128 letters, digits, hyphens or underscores."
  type        = string
  sensitive   = true
}

variable "access_keys" {
  type      = string
  sensitive = true
  default   = "[]"
}

variable "parameters" {
  description = "Further parameters of the template, by name."
  type        = map(string)
  default     = {}
}

resource "aws_cloudformation_stack" "cache" {
  name          = var.stack
  template_body = file("${path.module}/../../build/packaged.yaml")
  capabilities  = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
  parameters    = merge(var.parameters, { ApiKey = var.api_key, AccessKeys = var.access_keys })
  tags          = { project = var.stack }
}

output "outputs" {
  value = aws_cloudformation_stack.cache.outputs
}
