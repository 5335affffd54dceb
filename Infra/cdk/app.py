"""The stack in a CDK application: it includes the packaged template and changes nothing.

Needs build/packaged.yaml (docs/deploying.md). Run: cdk deploy --app 'python3 Infra/cdk/app.py' --parameters ApiKey=…
"""

import os
import pathlib

import aws_cdk as cdk
from aws_cdk.cloudformation_include import CfnInclude

project = pathlib.Path(__file__).resolve().parents[2]
template = os.environ.get("TEMPLATE", str(project / "build/packaged.yaml"))

app = cdk.App()
# Without a bootstrap of CDK's own: the packages are in a bucket already.
stack = cdk.Stack(app, os.environ.get("STACK", "timeseries-cache"), synthesizer=cdk.BootstraplessSynthesizer())
CfnInclude(stack, "Template", template_file=template)
app.synth()
