/** A page that broke says so; the rest of the console goes on. */
import { Component, type ReactNode } from 'react';
import { ErrorAlert } from './parts';

export class Failure extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: undefined };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    return this.state.error ? <ErrorAlert error={this.state.error} /> : this.props.children;
  }
}
