import { describe, expect, it } from 'vitest';
import { aws } from './cli';

describe('the command for a form', () => {
  it('leaves out what was not given and writes switches bare', () => {
    expect(aws('iam', 'create-role', { 'role-name': 'lab', path: undefined, force: true, quiet: false })).toBe(
      'aws iam create-role --role-name lab --force',
    );
  });

  it('quotes for a shell, whatever is in it', () => {
    expect(aws('iam', 'tag-role', { tags: ['Key=a,Value=b', "it's $HOME `x`"] })).toBe(
      "aws iam tag-role --tags Key=a,Value=b 'it'\\''s $HOME `x`'",
    );
    expect(aws('s3', 'rm', { key: '' })).toBe("aws s3 rm --key ''");
  });
});
