/** Every word that the console shows: each area's in a file of its own, joined here. */
import { account } from './strings/account';
import { activity } from './strings/activity';
import { common } from './strings/common';
import { ec2 } from './strings/ec2';
import { home } from './strings/home';
import { iam } from './strings/iam';
import { s3 } from './strings/s3';

export const t = { ...common, ...account, home, iam, ec2, s3, activity };
