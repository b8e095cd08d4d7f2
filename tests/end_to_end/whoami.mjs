// Says who AWS's SDK for JavaScript is by its default chain of credentials; its modules are those of the folder that is named.
import { createRequire } from "node:module";

const { STSClient, GetCallerIdentityCommand } = createRequire(`${process.argv[2]}/`)("@aws-sdk/client-sts");
console.log((await new STSClient({}).send(new GetCallerIdentityCommand({}))).Arn);
