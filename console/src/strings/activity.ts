/** The words of the pages of activity. */
export const activity = {
  title: 'Activity',
};
