/** Links of the sources, by the names that claims give them. */
export const papers: Readonly<Record<string, string>> = {
  'Arpit et al. 2017': 'https://arxiv.org/abs/1706.05394',
  'Bau, Zhou et al. 2017': 'https://arxiv.org/abs/1704.05796',
  'Croce, Hein 2020': 'https://arxiv.org/abs/2003.01690',
  'DEAP 1.4': 'https://github.com/DEAP/deap',
  'Goodfellow et al. 2015': 'https://arxiv.org/abs/1412.6572',
  'Madry et al. 2018': 'https://arxiv.org/abs/1706.06083',
  NetDissect: 'https://github.com/CSAILVision/NetDissect',
  'Nguyen et al. 2015': 'https://arxiv.org/abs/1412.1897',
  'Nguyen et al. 2016': 'https://arxiv.org/abs/1605.09304',
  'Olah, Mordvintsev, Schubert 2017': 'https://doi.org/10.23915/distill.00007',
  'Zhang et al. 2017': 'https://arxiv.org/abs/1611.03530',
  'Zhou et al. 2015': 'https://arxiv.org/abs/1412.6856',
  'Zhou et al. 2018': 'https://arxiv.org/abs/1711.05611',
};

/** A text in Markdown, with each source turned into a link. */
export const linkPapers = (text: string): string =>
  Object.entries(papers).reduce((linked, [name, link]) => linked.replaceAll(name, `[${name}](${link})`), text);
