/** The CDK app: `cdk deploy --all -c stage=dev -c …` (stages.ts says which context keys). */
import { createApp } from './create-app.ts';

createApp().synth();
