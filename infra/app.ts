/** The CDK app: `cdk deploy --all -c environment=dev -c …` (environments.ts says which context keys). */
import { createApp } from './create-app.ts';

createApp().synth();
