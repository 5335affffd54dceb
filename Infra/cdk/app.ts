// The stack in a CDK application: it includes the packaged template and changes nothing.
// Needs build/packaged.yaml (docs/deploying.md). Run: cdk deploy --app 'npx ts-node Infra/cdk/app.ts' --parameters ApiKey=…

import { App, BootstraplessSynthesizer, Stack } from "aws-cdk-lib";
import { CfnInclude } from "aws-cdk-lib/cloudformation-include";

const templateFile = process.env.TEMPLATE ?? "build/packaged.yaml";

const app = new App();
// Without a bootstrap of CDK's own: the packages are in a bucket already.
const stack = new Stack(app, process.env.STACK ?? "timeseries-cache", { synthesizer: new BootstraplessSynthesizer() });
new CfnInclude(stack, "Template", { templateFile });
app.synth();
