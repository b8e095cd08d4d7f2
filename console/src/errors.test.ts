import { describe, expect, it } from 'vitest';
import { denialIn, explain, isDenied, isSessionOver } from './errors';

const named = (name: string, message: string) => Object.assign(new Error(message), { name });

describe('a denial', () => {
  it('is taken apart', () => {
    expect(
      denialIn(
        'User: arn:aws:iam::111122223333:user/ann is not authorized to perform: iam:GetRole on resource: role lab because no identity-based policy allows the iam:GetRole action',
      ),
    ).toEqual({
      actor: 'arn:aws:iam::111122223333:user/ann',
      action: 'iam:GetRole',
      resource: 'role lab',
      because: 'no identity-based policy allows the iam:GetRole action',
      explicit: false,
    });
  });

  it('may name no resource, and carry an encoded text behind it', () => {
    const found = denialIn(
      'You are not authorized to perform this operation. User: arn:aws:iam::111122223333:user/ann is not authorized to perform: ec2:RunInstances because no identity-based policy allows the ec2:RunInstances action. Encoded authorization failure message: AAAA',
    );
    expect(found).toMatchObject({
      action: 'ec2:RunInstances',
      resource: '',
      because: 'no identity-based policy allows the ec2:RunInstances action',
    });
  });

  it('says when a policy denies outright', () => {
    const found = denialIn(
      'User: arn:aws:iam::111122223333:user/ann is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::b/k" with an explicit deny in a resource-based policy',
    );
    expect(found).toMatchObject({ resource: 'arn:aws:s3:::b/k', explicit: true });
    expect(found?.because).toBe('with an explicit deny in a resource-based policy');
  });

  it('is not seen in other messages', () => {
    expect(denialIn('The role with name lab cannot be found.')).toBeUndefined();
    expect(denialIn('')).toBeUndefined();
  });
});

describe('an error', () => {
  it('has a code, a message without what is encoded, and a hint where there is one', () => {
    const told = explain(named('UnauthorizedOperation', 'No. Encoded authorization failure message: AAAA'));
    expect(told).toMatchObject({ code: 'UnauthorizedOperation', message: 'No.' });
    expect(told.hint).toContain('iam:PassRole');
  });

  it('of the network is told as no answer, one of the page as itself', () => {
    expect(explain(new TypeError('Failed to fetch')).code).toBe('No answer');
    expect(explain(new TypeError('x is undefined')).code).toBe('TypeError');
  });

  it('may mean that the session is over, or that one may not', () => {
    expect(isSessionOver(named('ExpiredToken', ''))).toBe(true);
    expect(isSessionOver(named('AccessDenied', ''))).toBe(false);
    expect(isDenied(named('AccessDeniedException', ''))).toBe(true);
  });
});
